# One verb each; everything a verb needs is installed by it.
SHELL := /bin/bash
