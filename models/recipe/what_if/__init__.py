"""The command `chorus what-if`: the value of another policy from the logged impressions of a service"""
