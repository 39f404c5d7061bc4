"""Builds the Dockerfile and starts the result as linuxkit.yml and compose.yaml say."""
