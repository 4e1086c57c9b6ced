"""What a trial of expobench gives to a program, and what it wants back. To copy, or to put on the path; needs NumPy and PyArrow."""
import json
import os
import sys

import numpy as np
from pyarrow import csv, feather, parquet

READERS = {".csv": csv.read_csv, ".arrow": feather.read_table, ".parquet": parquet.read_table}


class Trial:
    """The folder of a trial, by default the one that the command names."""

    def __init__(self, folder=None):
        self.folder = folder or sys.argv[1]
        with open(self.path("settings.json")) as file:
            said = json.load(file)
        self.users, self.items = said["users"], said["items"]
        self.seed, self.dim, self.threads = said["seed"], said["dim"], said["threads"]
        self.settings, self.files, self.listed = said["settings"], said["files"], said["listed"]

    def path(self, name):
        return os.path.join(self.folder, name)

    def table(self, name):
        """Columns of a table (train, validation, pairs, exposures) as NumPy arrays, by name."""
        file = self.files[name]
        table = READERS[os.path.splitext(file)[1]](self.path(file))
        return {column: table[column].to_numpy() for column in table.column_names}

    def had(self):
        """[users, items] True for what a user had in training or validation, which is not recommended again."""
        out = np.zeros((self.users, self.items), dtype=bool)
        for name in ("train", "validation"):
            table = self.table(name)
            out[table["user"], table["item"]] = True
        return out

    def write_scores(self, scores):
        """One number for each row of pairs, in its order."""
        np.save(self.path("scores.npy"), np.asarray(scores, dtype=np.float32))

    def write_matrix(self, blocks):
        """[users, items] scores of every user with every item, as blocks of rows, none of which need stay in memory."""
        shape = (self.users, self.items)
        out = np.lib.format.open_memmap(self.path("matrix.npy"), mode="w+", dtype=np.float32, shape=shape)
        row = 0
        for block in blocks:
            out[row : row + len(block)] = block
            row += len(block)
        out.flush()

    def write_factors(self, user, item):
        """Scores that are inner products: of the pairs, and of all."""
        pairs = self.table("pairs")
        self.write_scores(np.einsum("pk,pk->p", user[pairs["user"]], item[pairs["item"]]))
        self.write_matrix(user[first : first + 1024] @ item.T for first in range(0, self.users, 1024))
