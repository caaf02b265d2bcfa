"""sentence-transformers on PyTorch with the same weights in float32, as a process to talk to.

Runs in an environment of its own, without typecase: `python embedding_peer.py FOLDER THREADS`.
FOLDER holds `weights.npz`, `config.json` and `tokenizer.json`. One JSON object a line comes in,
{"texts": FILE, "out": FILE, "batch_size": N}; one goes out, {"seconds": S,
"cpu_seconds": C}.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

PACKAGES = ("torch", "sentence-transformers", "transformers")


def main() -> None:
    folder, threads = Path(sys.argv[1]), int(sys.argv[2])
    torch.set_num_threads(threads)
    if sys.argv[3:] == ["outliers"]:
        print_outliers(folder)
        return
    model = load(folder)
    answer({"versions": {name: version(name) for name in PACKAGES}})
    for line in sys.stdin:
        job = json.loads(line)
        texts = json.loads(Path(job["texts"]).read_text("utf-8"))
        start, cpu = time.perf_counter(), time.process_time()
        vectors = model.encode(texts, batch_size=job["batch_size"], show_progress_bar=False)
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
        np.save(job["out"], vectors)
        answer({"seconds": seconds, "cpu_seconds": cpu_seconds})


def load(folder: Path) -> SentenceTransformer:
    """Return the model: BERT, the first token, unit length; 512 tokens."""
    bert = load_bert(folder)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"),
        model_max_length=512,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )
    saved = folder / "transformer"
    bert.save_pretrained(saved)
    tokenizer.save_pretrained(saved)
    transformer = Transformer(str(saved), max_seq_length=512)
    pooling = Pooling(bert.config.hidden_size, pooling_mode="cls")
    return SentenceTransformer(modules=[transformer, pooling, Normalize()], device="cpu")


def load_bert(folder: Path) -> BertModel:
    bert = BertModel(BertConfig.from_json_file(folder / "config.json"), add_pooling_layer=False)
    weights = np.load(folder / "weights.npz")
    state = {name: torch.from_numpy(weights[name]) for name in weights.files}
    bert.load_state_dict(state | {k: v for k, v in bert.state_dict().items() if k not in state})
    missing = [k for k, _ in bert.named_parameters() if k not in state]
    if missing:
        raise SystemExit(f"weights.npz lacks {missing[:3]}")
    return bert.eval()


def print_outliers(folder: Path, copies: int = 8) -> None:
    """Print the table of `bge_small_graph.py` from the texts in `texts.json`.

    The channel whose largest value is the largest gets one copy more, eight times a matrix.
    """
    bert = load_bert(folder)
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    largest: dict[tuple[int, str], Any] = {}

    def watch(layer: int, name: str) -> Any:
        def keep(_module: Any, inputs: Any) -> None:
            values = inputs[0][0].abs().amax(dim=0)
            key = (layer, name)
            largest[key] = torch.maximum(largest.get(key, values), values)

        return keep

    for number, layer in enumerate(bert.encoder.layer):
        layer.intermediate.dense.register_forward_pre_hook(watch(number, "up"))
        layer.output.dense.register_forward_pre_hook(watch(number, "down"))
    with torch.inference_mode():
        for text in json.loads((folder / "texts.json").read_text("utf-8")):
            ids = tokenizer(text, truncation=True, max_length=512)["input_ids"]
            bert(input_ids=torch.tensor([ids]))
    for number in range(len(bert.encoder.layer)):
        up, down = (spread(largest[number, name].numpy(), copies) for name in ("up", "down"))
        print(f"    Spread(up={up},\n           down={down}),")


def spread(largest: "np.ndarray[Any, Any]", copies: int) -> tuple[int, ...]:
    counts = np.ones(len(largest))
    channels = []
    for _ in range(copies):
        channel = int(np.argmax(largest / counts))
        counts[channel] += 1
        channels.append(channel)
    return tuple(sorted(channels))


def answer(content: dict[str, Any]) -> None:
    print(json.dumps(content), flush=True)


if __name__ == "__main__":
    main()
