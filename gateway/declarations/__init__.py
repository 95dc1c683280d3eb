"""What IT declares besides config.yaml: places that documents come from and go to, in YAML."""
