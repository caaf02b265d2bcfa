"""The engines by name; one line each. A module is imported only where its engine runs."""

_PEERS = "bench.filtered.peers"

ENGINES: dict[str, tuple[str, str]] = {
    "typecase TwoGrainIndex": (f"{_PEERS}.typecase_index", "TwoGrain"),
    "typecase TwoGrainIndex 160": (f"{_PEERS}.typecase_index", "TwoGrainSmall"),
    "typecase TwoGrainIndex 768": (f"{_PEERS}.typecase_index", "TwoGrainLarge"),
    "typecase SignIndex": (f"{_PEERS}.typecase_index", "Sign"),
    "typecase FlatIndex": (f"{_PEERS}.typecase_index", "Flat"),
    "qdrant-edge": (f"{_PEERS}.qdrant_edge", "QdrantEdge"),
    "faiss IVFPQ192fs": (f"{_PEERS}.faiss_cells", "FaissProductCodes"),
    "faiss IVFPQ96fs": (f"{_PEERS}.faiss_cells", "FaissProductCodes96"),
    "faiss IVFRaBitQfs": (f"{_PEERS}.faiss_cells", "FaissRabitq"),
    "faiss HNSW32": (f"{_PEERS}.faiss_whole", "FaissGraph"),
    "faiss Flat": (f"{_PEERS}.faiss_whole", "FaissFlat"),
    "hnswlib": (f"{_PEERS}.hnswlib_graph", "Hnswlib"),
    "usearch": (f"{_PEERS}.usearch_graph", "Usearch"),
    "LanceDB": (f"{_PEERS}.lance", "Lance"),
    "zvec": (f"{_PEERS}.zvec_cells", "Zvec"),
    "turbovec": (f"{_PEERS}.turbovec_scan", "Turbovec"),
    "rabitqlib": (f"{_PEERS}.rabitqlib_cells", "Rabitqlib"),
}


def is_ours(name: str) -> bool:
    return name.startswith("typecase ")


def slug(name: str) -> str:
    """Return the engine's name as a folder has it."""
    return name.lower().replace(" ", "-")
