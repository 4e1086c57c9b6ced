"""Any general recommender of RecBole 1.2.1, by its name: BPR, NeuMF, LightGCN, MultiVAE, ... (its models of sequences want histories of their own)."""
import os
import tempfile

import numpy as np
import torch
from scipy.sparse import dok_matrix

# RecBole 1.2.1 knows NumPy before version 2, and SciPy before 1.13.
dok_matrix._update = lambda self, entries: self._dict.update(entries)
for old, new in {"float_": np.float64, "complex_": np.complex128, "unicode_": np.str_}.items():
    if not hasattr(np, old):
        setattr(np, old, new)

from recbole.config import Config
from recbole.data import create_dataset, data_preparation
from recbole.utils import get_model, get_trainer, init_seed
from trial import Trial

trial = Trial()
settings = dict(trial.settings)
name = settings.pop("model")
place = tempfile.mkdtemp()
os.makedirs(os.path.join(place, "trial"))
for part, table in {"train": "train", "valid": "validation", "test": "validation"}.items():
    columns = trial.table(table)
    with open(os.path.join(place, "trial", f"trial.{part}.inter"), "w") as out:
        out.write("user_id:token\titem_id:token\n")
        out.writelines(f"{u}\t{i}\n" for u, i in zip(columns["user"], columns["item"]))

config = Config(
    model=name,
    dataset="trial",
    config_dict={
        "data_path": place,
        "checkpoint_dir": place,
        "benchmark_filename": ["train", "valid", "test"],
        "load_col": {"inter": ["user_id", "item_id"]},
        "embedding_size": trial.dim,
        "seed": trial.seed,
        "reproducibility": True,
        "use_gpu": False,
        "show_progress": False,
        "state": "ERROR",
        "valid_metric": "NDCG@10",
        "metrics": ["NDCG"],
        "topk": [10],
        **settings,
    },
)
init_seed(config["seed"], config["reproducibility"])
torch.set_num_threads(1)
dataset = create_dataset(config)
train, valid, _ = data_preparation(config, dataset)
model = get_model(name)(config, train.dataset).to(config["device"])
trainer = get_trainer(config["MODEL_TYPE"], name)(config, model)
trainer.fit(train, valid, saved=False, show_progress=False)

# RecBole numbers what it met, from 1; what it never met scores below all else.
users = dataset.field2token_id["user_id"]
items = dataset.field2token_id["item_id"]
places = np.array([items.get(str(item), 0) for item in range(trial.items)])
matrix = np.empty((trial.users, trial.items), dtype=np.float32)
model.eval()
with torch.no_grad():
    for user in range(trial.users):
        interaction = {"user_id": torch.tensor([users.get(str(user), 0)])}
        try:
            scores = model.full_sort_predict(interaction).view(-1).numpy()
        except NotImplementedError:
            every = {"user_id": interaction["user_id"].repeat(len(items)), "item_id": torch.arange(len(items))}
            scores = model.predict(every).view(-1).numpy()
        scores = np.where(np.isfinite(scores), scores, scores[np.isfinite(scores)].min() - 1)
        matrix[user] = np.where(places > 0, scores[places], scores.min() - 1)
pairs = trial.table("pairs")
trial.write_scores(matrix[pairs["user"], pairs["item"]])
trial.write_matrix([matrix])
