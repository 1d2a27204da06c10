"""The driver alone, without a gateway, before a real control plane."""
