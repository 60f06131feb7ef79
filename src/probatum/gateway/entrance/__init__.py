"""Who comes in, and how much: keys, tenants, scopes, rates, sizes, streams."""
