"""`make test-deploy`: real playbooks, booted Debian machines (docs/operations/deploy-test.md)."""
