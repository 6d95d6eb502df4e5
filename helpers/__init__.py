"""The small package shared by all the notebooks; one module a topic, meant to be read.

==========================  =====================================================
`helpers.datasets`          the tables of the course
`helpers.beta_binomial`     counts out of trials: notebooks 01, 04 and 05
`helpers.gamma_poisson`     rates over exposure: notebook 01
`helpers.multilevel`        normal measurements in groups: notebooks 03 and 05
`helpers.multilevel_bayes`  their posterior, Gibbs and exact grid: notebook 03
`helpers.normal_normal`     raw means with known standard errors: further on 02
`helpers.mcmc`              the samplers of notebook 04
`helpers.draws`             what they return, and its diagnostics
`helpers.simulate`          data with a known truth, scores, calibration
`helpers.plots`             the figures the pages share
`helpers.maps`              maps of counties and their funnel: notebook 01
`helpers.show`              how a page looks and shows a figure
`helpers.slider`            the slider itself: what `slider.js` draws
`helpers.explore`           explorables: pictures that a reader moves
`helpers.check`             the visible checks behind exercises
==========================  =====================================================

Importing any of them is quick: seaborn, pandas, scipy.stats and matplotlib.pyplot are loaded by
the functions that need them, not before.
"""
