"""Who used which seal how often, day by day: counted with each release, read by those who pay."""
