"""Makes the golden files of test/Microsoft.ML.PLD.Tests/Fixtures/hugging-face: small models with random weights, as Hugging Face's transformers writes them, with what encoder.py makes of
them; and what it makes of the encoder that is shipped, which is trained.

    python3 make_fixtures.py     Debian: python3-torch
"""
import json, os, struct
import torch
from encoder import outputs

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "..", "Microsoft.ML.PLD.Tests", "Fixtures", "hugging-face")
SHIPPED = os.path.join(HERE, "..", "..", "examples", "models", "pld-bert-mini")
NAMES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}


def write_safetensors(path, tensors):
    header, blobs, at = {"__metadata__": {"format": "pt"}}, [], 0
    for name, tensor in tensors.items():
        blob = tensor.contiguous().view(torch.int16 if tensor.element_size() == 2 else torch.int32).numpy().tobytes()
        header[name] = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header).encode()
    with open(path, "wb") as file: file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def shapes(config, head):
    """Names and shapes of transformers' modules: modeling_bert.py, modeling_megatron_bert.py, modeling_roberta_prelayernorm.py."""
    kind, hidden, inner, vocabulary = config["model_type"], config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    roberta, post = kind == "roberta-prelayernorm", kind == "bert"
    p = "" if head == "Model" else "roberta_prelayernorm." if roberta else "bert."
    linear = lambda name, outputs, inputs: [(name + ".weight", (outputs, inputs)), (name + ".bias", (outputs,))]
    norm = lambda name: [(name + ".weight", (hidden,)), (name + ".bias", (hidden,))]
    yield p + "embeddings.word_embeddings.weight", (vocabulary, hidden)
    yield p + "embeddings.position_embeddings.weight", (config["max_position_embeddings"], hidden)
    yield p + "embeddings.token_type_embeddings.weight", (config["type_vocab_size"], hidden)
    if kind != "megatron-bert": yield from norm(p + "embeddings.LayerNorm")
    for block in range(config["num_hidden_layers"]):
        name = f"{p}encoder.layer.{block}"
        for part in ("query", "key", "value"): yield from linear(f"{name}.attention.self.{part}", hidden, hidden)
        yield from linear(f"{name}.attention.output.dense", hidden, hidden)
        yield from norm(name + (".attention.output.LayerNorm" if post else ".attention.LayerNorm" if roberta else ".attention.ln"))
        yield from linear(f"{name}.intermediate.dense", inner, hidden)
        yield from linear(f"{name}.output.dense", hidden, inner)
        yield from norm(name + (".output.LayerNorm" if post else ".intermediate.LayerNorm" if roberta else ".ln"))
    if not post: yield from norm(p + ("LayerNorm" if roberta else "encoder.ln"))
    if head in ("Model", "ForPreTraining") or head == "ForSequenceClassification" and not roberta: yield from linear(p + "pooler.dense", hidden, hidden)
    if head == "ForPreTraining": yield from linear("cls.seq_relationship", 2, hidden)
    if head in ("ForPreTraining", "ForMaskedLM"):
        dense, normed, bias = ("lm_head.dense", "lm_head.layer_norm", "lm_head.bias") if roberta else (
            "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.bias")
        yield from linear(dense, hidden, hidden)
        yield from norm(normed)
        yield bias, (vocabulary,)
    if head == "ForSequenceClassification":
        if roberta: yield from linear("classifier.dense", hidden, hidden)
        yield from linear("classifier.out_proj" if roberta else "classifier", 3, hidden)


def make(folder, kind, head, activation="gelu", dtype=torch.float32, seed=1):
    torch.manual_seed(seed)
    config = {
        "architectures": [{"bert": "Bert", "megatron-bert": "MegatronBert", "roberta-prelayernorm": "RobertaPreLayerNorm"}[kind] + head], "model_type": kind,
        "vocab_size": 41, "hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 19, "max_position_embeddings": 17, "type_vocab_size": 2,
        "hidden_act": activation, "layer_norm_eps": 1e-5, "pad_token_id": 3 if kind == "roberta-prelayernorm" else 0,
    }
    path = os.path.join(FIXTURES, folder)
    os.makedirs(path, exist_ok=True)
    # Large enough that everything matters: attention that is not flat, activations on both sides.
    tensors = {name: (torch.randn(shape) * (0.5 if len(shape) > 1 else 0.3) + (1.0 if "orm.weight" in name or name.endswith("ln.weight") else 0.0)).to(dtype) for name, shape in shapes(config, head)}
    specials = ["[CLS]", "[UNK]", "[SEP]", "[PAD]", "[MASK]"] if kind == "roberta-prelayernorm" else ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = specials + [chr(ord("a") + i) for i in range(26)] + ["##" + c for c in "aeiostnrlh"]
    open(os.path.join(path, "config.json"), "w").write(json.dumps(config, indent=2) + "\n")
    open(os.path.join(path, "vocab.txt"), "w").write("\n".join(pieces) + "\n")
    write_safetensors(os.path.join(path, "model.safetensors"), tensors)
    ids = [i for i in range(len(pieces)) if pieces[i] != "[PAD]"]
    draw = lambda length: {"ids": [ids[i] for i in torch.randint(len(ids), (length,)).tolist()], "types": [0] * (length // 2) + [1] * (length - length // 2)}
    inputs = [draw(length) for length in (1, 5, 13)]
    results = outputs(path, inputs)
    rounded = lambda value: [rounded(one) for one in value] if isinstance(value, list) else float(f"{value:.8g}")
    json.dump([{**one, **{name: rounded(value) for name, value in result.items()}} for one, result in zip(inputs, results)], open(os.path.join(path, "expected.json"), "w"))


def shipped():
    torch.manual_seed(7)
    config = json.load(open(os.path.join(SHIPPED, "config.json")))
    inputs, expected = [], []
    for length in (2, 7, 31, 128):
        ids = torch.randint(5, config["vocab_size"], (length,)).tolist()
        inputs.append({"ids": [2] + ids[1:-1] + [3], "types": [0] * (length - length // 3) + [1] * (length // 3)})
    for one, result in zip(inputs, outputs(SHIPPED, inputs)):
        scores = torch.tensor(result["masked_language"])
        best = scores.topk(3, dim=1)
        expected.append({
            **one, "pooled": result["pooled"], "next_sentence": result["next_sentence"], "first_hidden": result["hidden"][0], "last_hidden": result["hidden"][-1],
            "best_pieces": best.indices.tolist(), "best_logits": best.values.tolist(),
        })
    json.dump(expected, open(os.path.join(FIXTURES, "pld-bert-mini.json"), "w"))


if __name__ == "__main__":
    with torch.no_grad():
        make("bert-pretraining", "bert", "ForPreTraining")
        make("bert-masked-gelu-new", "bert", "ForMaskedLM", "gelu_new")
        make("bert-bare-relu", "bert", "Model", "relu")
        make("bert-classification-f16", "bert", "ForSequenceClassification", dtype=torch.float16)
        make("megatron-pretraining", "megatron-bert", "ForPreTraining")
        make("megatron-masked-bf16", "megatron-bert", "ForMaskedLM", dtype=torch.bfloat16)
        make("roberta-masked", "roberta-prelayernorm", "ForMaskedLM")
        make("roberta-bare", "roberta-prelayernorm", "Model")
        make("roberta-classification", "roberta-prelayernorm", "ForSequenceClassification")
        shipped()
