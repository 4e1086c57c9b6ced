"""Item-item neighbours of LensKit 2025."""
import numpy as np
import pandas as pd
from lenskit.data import ItemList, RecQuery, from_interactions_df
from lenskit.knn import ItemKNNScorer
from trial import Trial

trial = Trial()
train = pd.DataFrame(trial.table("train")).rename(columns={"user": "user_id", "item": "item_id"})
data = from_interactions_df(train[["user_id", "item_id"]])
model = ItemKNNScorer(feedback="implicit", max_nbrs=int(trial.settings["neighbours"]))
model.train(data)
every = ItemList(item_ids=np.arange(trial.items))


def row(user):
    """Scores of every item; what has no neighbour is the worst."""
    query = RecQuery(user_id=user, user_items=data.user_row(user))
    scores = model(query, every).scores("numpy")
    return np.nan_to_num(scores, nan=-1.0)


matrix = np.stack([row(user) for user in range(trial.users)])
pairs = trial.table("pairs")
trial.write_scores(matrix[pairs["user"], pairs["item"]])
trial.write_matrix([matrix])
