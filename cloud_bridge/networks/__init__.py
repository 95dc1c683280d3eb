"""Networks that a gateway can speak to, each behind `cloud_bridge.interfaces.CloudNetwork`."""
