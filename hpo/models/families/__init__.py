"""The network families that ship."""
