"""Two companies, a network, a person and a parcel: contracts that several sign, on one machine."""
