"""What the Python test suites and benchmarks share: machines, programs, disks, assertions. See ../README.md."""
