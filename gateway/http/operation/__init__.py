"""What those who run the gateway see: does it run, could it seal, and how much does it do."""
