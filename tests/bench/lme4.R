# Rscript tests/bench/lme4.R FOLDER REPEATS
#
# FOLDER holds size.txt (rows) and y, x (float64) and group (int32) as raw bytes. Prints one line of
# JSON: seconds of each lmer() call and what it found.

suppressPackageStartupMessages(library(lme4))
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
rows <- scan(file.path(folder, "size.txt"), quiet = TRUE)
column <- function(name, what, size) readBin(file.path(folder, name), what, rows, size)
data <- data.frame(
  y = column("y", "double", 8), x = column("x", "double", 8),
  group = factor(column("group", "integer", 4))
)
taken <- numeric(0)
for (call in seq_len(as.integer(arguments[2]))) {
  invisible(gc())
  start <- proc.time()[["elapsed"]]
  fit <- lmer(y ~ x + (1 | group), data)
  taken <- c(taken, proc.time()[["elapsed"]] - start)
}
spread <- as.data.frame(VarCorr(fit))$sdcor
numbers <- function(values) paste(format(values, digits = 15), collapse = ", ")
cat(sprintf(
  '{"seconds": [%s], "estimates": [%s], "version": "lme4 %s, R %s.%s"}\n',
  numbers(taken), numbers(c(fixef(fit), spread)), packageVersion("lme4"),
  R.version$major, R.version$minor
))
