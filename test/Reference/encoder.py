"""BERT's encoder as the papers have it, in PyTorch and without this library: what golden files are made with.

Vaswani et al. 2017 (attention, feed-forward), Devlin et al. 2019 (embeddings, pooler, heads), Xiong et al. 2020 (pre-LN). Reads folders in Hugging Face's layouts:
bert (post-LN), megatron-bert (pre-LN), roberta-prelayernorm (pre-LN, normalized embeddings, positions from the padding's id + 1), and pld-bert (the same in MegatronBERT's names).

    python3 encoder.py FOLDER INPUTS.json OUTPUTS.json     Debian: python3-torch
"""
import json, math, os, struct, sys
import torch

TYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__": continue
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(bytearray(data[begin:end]), dtype=TYPES[entry["dtype"]]) if end > begin else torch.empty(0)
        tensors[name] = flat.reshape(entry["shape"]).double()  # the reference errs less than what it judges
    return tensors


class Encoder:
    def __init__(self, folder):
        self.config = json.load(open(os.path.join(folder, "config.json")))
        self.weights = read_safetensors(os.path.join(folder, "model.safetensors"))
        self.kind = self.config["model_type"]
        prefix = "roberta_prelayernorm." if self.kind == "roberta-prelayernorm" else "bert."
        self.prefix = prefix if any(name.startswith(prefix) for name in self.weights) else ""  # the bare encoder

    def linear(self, name, x):
        return x @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]

    def norm(self, name, x):
        mean = x.mean(-1, keepdim=True)
        variance = ((x - mean) ** 2).mean(-1, keepdim=True)
        return (x - mean) / torch.sqrt(variance + self.config["layer_norm_eps"]) * self.weights[name + ".weight"] + self.weights[name + ".bias"]

    def activate(self, x):
        kind = self.config["hidden_act"]
        if kind == "relu": return x.clamp(min=0)
        if kind == "gelu_new": return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))
        return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))

    def attend(self, name, x, mask):
        rows, length, hidden = x.shape
        heads = self.config["num_attention_heads"]
        split = lambda part: self.linear(f"{name}.self.{part}", x).view(rows, length, heads, -1).transpose(1, 2)
        query, key, value = split("query"), split("key"), split("value")
        scores = query @ key.transpose(2, 3) / math.sqrt(hidden // heads)
        scores = scores.masked_fill(mask[:, None, None, :] == 0, float("-inf"))
        return self.linear(f"{name}.output.dense", (scores.softmax(-1) @ value).transpose(1, 2).reshape(rows, length, hidden))

    def feed_forward(self, name, x):
        return self.linear(f"{name}.output.dense", self.activate(self.linear(f"{name}.intermediate.dense", x)))

    def __call__(self, ids, types, mask):
        p, weights, roberta = self.prefix, self.weights, self.kind == "roberta-prelayernorm"
        first = self.config["pad_token_id"] + 1 if roberta else 0
        positions = torch.arange(first, first + ids.shape[1])
        x = weights[p + "embeddings.word_embeddings.weight"][ids] + weights[p + "embeddings.token_type_embeddings.weight"][types]
        x = x + weights[p + "embeddings.position_embeddings.weight"][positions]
        if self.kind != "megatron-bert": x = self.norm(p + "embeddings.LayerNorm", x)
        for block in range(self.config["num_hidden_layers"]):
            name = f"{p}encoder.layer.{block}"
            if self.kind == "bert":
                x = self.norm(f"{name}.attention.output.LayerNorm", x + self.attend(f"{name}.attention", x, mask))
                x = self.norm(f"{name}.output.LayerNorm", x + self.feed_forward(name, x))
            else:
                before, middle = (".attention.LayerNorm", ".intermediate.LayerNorm") if roberta else (".attention.ln", ".ln")
                x = x + self.attend(f"{name}.attention", self.norm(name + before, x), mask)
                x = x + self.feed_forward(name, self.norm(name + middle, x))
        if self.kind == "bert": return x
        return self.norm(p + ("LayerNorm" if roberta else "encoder.ln"), x)

    def masked_language(self, x):
        dense, norm, bias = ("lm_head.dense", "lm_head.layer_norm", "lm_head.bias") if self.kind == "roberta-prelayernorm" else (
            "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.bias")
        return self.norm(norm, self.activate(self.linear(dense, x))) @ self.weights[self.prefix + "embeddings.word_embeddings.weight"].T + self.weights[bias]

    def pool(self, x):
        return torch.tanh(self.linear(self.prefix + "pooler.dense", x[:, 0]))

    def classify(self, x):
        if self.kind == "roberta-prelayernorm": return self.linear("classifier.out_proj", torch.tanh(self.linear("classifier.dense", x[:, 0])))
        return self.linear("classifier", self.pool(x))


def outputs(folder, inputs):
    """Of each input (ids, types) alone, so that padding is left to who compares."""
    model, results = Encoder(folder), []
    for one in inputs:
        ids, types = torch.tensor([one["ids"]]), torch.tensor([one["types"]])
        x = model(ids, types, torch.ones_like(ids))
        result = {"hidden": x[0].tolist()}
        if model.prefix + "pooler.dense.weight" in model.weights: result["pooled"] = model.pool(x)[0].tolist()
        if "cls.seq_relationship.weight" in model.weights: result["next_sentence"] = model.linear("cls.seq_relationship", model.pool(x))[0].tolist()
        if {"lm_head.bias", "cls.predictions.bias"} & model.weights.keys(): result["masked_language"] = model.masked_language(x)[0].tolist()
        if any(name.startswith("classifier.") for name in model.weights): result["logits"] = model.classify(x)[0].tolist()
        results.append(result)
    return results


if __name__ == "__main__":
    folder, inputs, target = sys.argv[1:]
    with torch.no_grad(): json.dump(outputs(folder, json.load(open(inputs))), open(target, "w"))
