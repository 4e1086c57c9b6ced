"""Popularity in 20 lines, without a package."""
import csv, json, os, sys

folder = sys.argv[1]
settings = json.load(open(os.path.join(folder, "settings.json")))
rows = lambda name: csv.DictReader(open(os.path.join(folder, settings["files"][name])))
count = [0] * settings["items"]
had = [set() for _ in range(settings["users"])]
for name in ("train", "validation"):
    for row in rows(name):
        had[int(row["user"])].add(int(row["item"]))
        count[int(row["item"])] += name == "train"
with open(os.path.join(folder, "scores.csv"), "w") as out:
    print("score", *(count[int(row["item"])] for row in rows("pairs")), sep="\n", file=out)
order = sorted(range(settings["items"]), key=lambda item: (-count[item], item))
with open(os.path.join(folder, "lists.csv"), "w") as out:
    print("user", "item", "rank", sep=",", file=out)
    for user in range(settings["users"]):
        best = [item for item in order if item not in had[user]][: settings["listed"]]
        for rank, item in enumerate(best):
            print(user, item, rank + 1, sep=",", file=out)
