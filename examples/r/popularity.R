# Popularity in plain R: reads and writes CSV.
folder <- commandArgs(trailingOnly = TRUE)[1]
file <- function(name) file.path(folder, name)
train <- read.csv(file("train.csv"))
validation <- read.csv(file("validation.csv"))
pairs <- read.csv(file("pairs.csv"))
said <- paste(readLines(file("settings.json")), collapse = " ")
number <- function(name) as.integer(sub(paste0('.*"', name, '": *([0-9]+).*'), "\\1", said))

count <- tabulate(train$item + 1, nbins = number("items"))
write.csv(data.frame(score = count[pairs$item + 1]), file("scores.csv"), row.names = FALSE, quote = FALSE)

# The best items of every user among those that they did not have.
order <- order(-count) - 1
had <- rbind(train[c("user", "item")], validation[c("user", "item")])
own <- split(had$item, factor(had$user, levels = seq_len(number("users")) - 1))
lists <- lapply(seq_along(own), function(u) {
  best <- head(setdiff(order, own[[u]]), number("listed"))
  data.frame(user = u - 1, item = best, rank = seq_along(best))
})
write.csv(do.call(rbind, lists), file("lists.csv"), row.names = FALSE, quote = FALSE)
