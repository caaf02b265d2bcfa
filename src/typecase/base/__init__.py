"""What every room stands on: the contract, checks, errors, the registry, safe files.

Kept empty on purpose: `import typecase` passes through here and must stay cheap.
"""
