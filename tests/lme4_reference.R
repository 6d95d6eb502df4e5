# Writes tests/lme4_reference.csv and tests/lme4_data.csv: what R's lme4 says of the same models.
#
#   Rscript tests/lme4_reference.R        (from the project's folder; Debian: r-base-core r-cran-lme4)
#
# The tests read the two tables, so they need no R. The data of lme4_data.csv ship with lme4
# (GPL 2 or later); their sources: sleepstudy, Belenky et al. (2003); Dyestuff and Penicillin,
# Davies and Goldsmith (1972); Dyestuff2, Box and Tiao (1973).

suppressPackageStartupMessages(library(lme4))

radon <- read.csv("data/radon.csv")
radon <- data.frame(
  group = radon$county, floor = radon$floor, log_uranium = log(radon$uppm),
  y = log(ifelse(radon$activity > 0, radon$activity, 0.1))
)
sleep <- with(sleepstudy, data.frame(group = as.character(Subject), days = Days, y = Reaction))
# Every third row dropped from the second half, so that the groups differ in size.
sleep <- sleep[!(seq_len(nrow(sleep)) > 90 & seq_len(nrow(sleep)) %% 3 == 0), ]
dye <- with(Dyestuff, data.frame(group = as.character(Batch), y = Yield))
dye2 <- with(Dyestuff2, data.frame(group = as.character(Batch), y = Yield))
penicillin <- with(Penicillin, data.frame(
  group = as.character(plate), sample_B = as.numeric(sample == "B"),
  sample_C = as.numeric(sample == "C"), y = diameter
))

cases <- list(
  list("radon", radon, c()), list("radon", radon, c("floor")),
  list("radon", radon, c("floor", "log_uranium")), list("radon", radon, c("log_uranium")),
  list("sleepstudy", sleep, c()), list("sleepstudy", sleep, c("days")),
  list("Dyestuff", dye, c()), list("Dyestuff2", dye2, c()),
  list("Penicillin", penicillin, c("sample_B", "sample_C"))
)

control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-11, maxfun = 1e5))

figures <- function(case, reml) {
  data <- case[[2]]
  formula <- reformulate(c(if (length(case[[3]])) case[[3]] else "1", "(1 | group)"), "y")
  fit <- suppressMessages(lmer(formula, data, REML = reml, control = control))
  spread <- as.data.frame(VarCorr(fit))$sdcor
  ratio <- getME(fit, "theta")[[1]]^2
  # Henderson's mixed model equations give the intercepts' sds, coefficient uncertainty included.
  X <- getME(fit, "X")
  Z <- as.matrix(getME(fit, "Z"))
  groups <- rownames(ranef(fit)$group)
  at <- matrix(0, length(groups), ncol(X), dimnames = list(groups, colnames(X)))
  at[, "(Intercept)"] <- 1
  constant <- "log_uranium"
  if (constant %in% colnames(X)) {
    at[, constant] <- tapply(data[[constant]], data$group, mean)[groups]
  }
  if (ratio > 0) {
    left <- rbind(
      cbind(crossprod(X), crossprod(X, Z)),
      cbind(crossprod(Z, X), crossprod(Z) + diag(length(groups)) / ratio)
    )
    both <- cbind(at, diag(length(groups)))
    variance <- sigma(fit)^2 * rowSums((both %*% solve(left)) * both)
  } else {
    variance <- rowSums((at %*% as.matrix(vcov(fit))) * at)
  }
  value <- c(
    fixef(fit), sqrt(diag(as.matrix(vcov(fit)))), spread[[2]], spread[[1]],
    if (reml) REMLcrit(fit) else deviance(fit),
    drop(at %*% fixef(fit)) + ranef(fit)$group[["(Intercept)"]], sqrt(variance)
  )
  names <- sub("(Intercept)", "intercept", colnames(X), fixed = TRUE)
  data.frame(
    data = case[[1]], predictors = paste(case[[3]], collapse = " "),
    method = if (reml) "reml" else "ml",
    quantity = c(
      rep("coefficient", length(names)), rep("standard_error", length(names)),
      "sigma_y", "sigma_alpha", "deviance",
      rep("intercept", length(groups)), rep("intercept_sd", length(groups))
    ),
    name = c(names, names, "", "", "", groups, groups),
    value = formatC(value, digits = 12, format = "g", flag = "#")
  )
}

# Slopes that vary too: `slope` and `intercept` of each county, their sds and correlation.
slopes <- function() {
  fit <- lmer(y ~ floor + (1 + floor | group), radon, control = control)
  spread <- as.data.frame(VarCorr(fit))$sdcor
  pairs <- coef(fit)$group
  quantities <- c(
    "coefficient", "coefficient", "sigma_alpha", "sigma_beta", "correlation", "sigma_y", "deviance"
  )
  value <- c(fixef(fit), spread, REMLcrit(fit), pairs[["(Intercept)"]], pairs$floor)
  data.frame(
    data = "radon slopes", predictors = "floor", method = "reml",
    quantity = c(quantities, rep(c("intercept", "slope"), each = nrow(pairs))),
    name = c("intercept", "floor", rep("", 5), rownames(pairs), rownames(pairs)),
    value = formatC(value, digits = 12, format = "g", flag = "#")
  )
}

table <- do.call(rbind, lapply(cases, function(case) {
  rbind(figures(case, TRUE), figures(case, FALSE))
}))
table <- rbind(table, slopes())
versions <- sprintf("# %s, lme4 %s", R.version.string, packageVersion("lme4"))

write_table <- function(table, path) {
  out <- file(path, "w")
  writeLines(versions, out)
  write.csv(table, out, row.names = FALSE, quote = FALSE)
  close(out)
}
write_table(table, "tests/lme4_reference.csv")

# The data, one row a measurement; x1 and x2 are the predictors in the order of their names.
rows <- function(name, data, predictors) {
  x <- lapply(1:2, function(k) if (k <= length(predictors)) data[[predictors[k]]] else NA)
  data.frame(data = name, group = data$group, x1 = x[[1]], x2 = x[[2]], y = data$y)
}
write_table(rbind(
  rows("sleepstudy", sleep, "days"), rows("Dyestuff", dye, c()), rows("Dyestuff2", dye2, c()),
  rows("Penicillin", penicillin, c("sample_B", "sample_C"))
), "tests/lme4_data.csv")
