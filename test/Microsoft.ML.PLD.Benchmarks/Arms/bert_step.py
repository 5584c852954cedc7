"""A training step of BERT in PyTorch, written the ordinary way. Reads a line, does a step, and writes its seconds; an empty line ends it."""
import json, sys, time
import torch
from torch import nn

shape = json.loads(sys.argv[1])
torch.set_num_threads(shape["threads"])
device = shape.get("device", "cpu")


class Bert(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.words = nn.Embedding(s["vocabulary"], s["hidden"])
        self.positions = nn.Embedding(s["length"], s["hidden"])
        layer = nn.TransformerEncoderLayer(s["hidden"], s["heads"], s["intermediate"], s["dropout"], "gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, s["layers"])
        self.transform = nn.Sequential(nn.Linear(s["hidden"], s["hidden"]), nn.GELU(), nn.LayerNorm(s["hidden"]))
        self.decoder = nn.Linear(s["hidden"], s["vocabulary"])
        self.decoder.weight = self.words.weight

    def forward(self, ids, masked):
        x = self.encoder(self.words(ids) + self.positions.weight)
        x = x.reshape(-1, x.shape[-1])
        return self.decoder(self.transform(x if masked is None else x[masked]))


model = Bert(shape).to(device)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
ids = torch.randint(5, shape["vocabulary"], (shape["batch"], shape["length"]), device=device)
masked = torch.rand(ids.numel(), device=device) < 0.15
labels = ids.view(-1).masked_fill(~masked, -100)
positions = masked.nonzero().view(-1) if shape["masked_only"] else None
if positions is not None:
    labels = labels[positions]


def step():
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast(device, dtype=torch.bfloat16, enabled=shape["bfloat16"]):
        logits = model(ids, positions)
    loss = nn.functional.cross_entropy(logits.float(), labels, ignore_index=-100)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if device != "cpu":
        torch.cuda.synchronize()


print(torch.__version__, flush=True)
for line in sys.stdin:
    if not line.strip():
        break
    start = time.perf_counter()
    step()
    print(time.perf_counter() - start, flush=True)
