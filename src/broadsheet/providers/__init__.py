"""Those who vouch for readers elsewhere: one file a kind."""
