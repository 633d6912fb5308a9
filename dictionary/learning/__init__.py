"""Building a dictionary from coded records.

`examples`   the records, those left out and why, gathered by text
`variants`   spelling rules: inflections, joined words; and probable misspellings for the report
`strengths`  how strongly a word decides the code of a text it is in
`phrases`    sub-phrases of the texts, and what they say of each text when it is left out
`quality`    how far a phrase can be trusted, fitted on the texts left out
`learner`    entries chosen, dictionary files written
`report`     what a person should look at
"""
