"""Measurements that print ratios against a named peer or limit; not tests."""
