"""A two-tower model in PyTorch, trained on impressions: what was shown, and whether it was clicked."""
import numpy as np
import torch
from trial import Trial

trial = Trial()
torch.manual_seed(trial.seed)
torch.set_num_threads(1)
shown = {name: torch.from_numpy(np.array(column)) for name, column in trial.table("exposures").items()}


class TwoTower(torch.nn.Module):
    def __init__(self, users, items, dim, hidden):
        super().__init__()
        tower = lambda count: torch.nn.Sequential(
            torch.nn.Embedding(count, dim), torch.nn.Linear(dim, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, dim)
        )
        self.user, self.item = tower(users), tower(items)
        self.user_bias, self.item_bias = torch.nn.Embedding(users, 1), torch.nn.Embedding(items, 1)
        for bias in (self.user_bias, self.item_bias):
            torch.nn.init.zeros_(bias.weight)

    def forward(self, user, item):
        product = (self.user(user) * self.item(item)).sum(-1)
        return product + self.user_bias(user).squeeze(-1) + self.item_bias(item).squeeze(-1)


model = TwoTower(trial.users, trial.items, trial.dim, int(trial.settings["hidden"]))
optimizer = torch.optim.Adam(model.parameters(), lr=trial.settings["rate"])
rows, batch = len(shown["user"]), 4096
for epoch in range(int(trial.settings["epochs"])):
    for part in torch.randperm(rows).split(batch):
        logits = model(shown["user"][part].long(), shown["item"][part].long())
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, shown["clicked"][part].float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

with torch.no_grad():
    pairs = trial.table("pairs")
    user, item = (torch.from_numpy(np.array(pairs[name])).long() for name in ("user", "item"))
    trial.write_scores(torch.cat([model(u, i) for u, i in zip(user.split(65536), item.split(65536))]).numpy())
    every = torch.arange(trial.items)
    items, biases = model.item(every), model.item_bias(every).squeeze(-1)
    trial.write_matrix((model.user(users) @ items.T + biases).numpy() for users in torch.arange(trial.users).split(1024))
