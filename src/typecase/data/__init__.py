"""Material: vectors, ids, judged collections; plain containers and their readers."""
