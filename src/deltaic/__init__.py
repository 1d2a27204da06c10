"""Deltaic: EC2, CIMI and Deltacloud APIs on top of the virtualization you already own."""
