"""Pure functions over arrays: no state, no checks, no IO. Native code, when it comes, lives here.

Kernels trust their input: it went through `typecase.base.checks` at the public border.
"""
