"""Provisioned clusters of Redshift, without what runs in them."""
