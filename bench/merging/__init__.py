"""How well records of one paper are told from others, on three collections that overlap."""
