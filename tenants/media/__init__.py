"""Look into clips and make review copies, in a subprocess that can neither hang nor eat the machine."""
