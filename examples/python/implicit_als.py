"""Alternating least squares of the package `implicit` (Hu, Koren, Volinsky 2008)."""
import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix
from trial import Trial

trial = Trial()
train = trial.table("train")
clicks = csr_matrix((np.ones(len(train["user"]), np.float32), (train["user"], train["item"])), (trial.users, trial.items))
model = AlternatingLeastSquares(
    factors=trial.dim,
    regularization=trial.settings["regularization"],
    alpha=trial.settings["alpha"],
    iterations=int(trial.settings["iterations"]),
    random_state=trial.seed,
    num_threads=1,
)
model.fit(clicks, show_progress=False)
trial.write_factors(model.user_factors, model.item_factors)
