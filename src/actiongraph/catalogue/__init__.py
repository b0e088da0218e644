"""The dataset described for harvesters: DCAT, VoID, statistics, service description, schema.org.

Facts are counted in the release or come from the settings; what nobody has given is absent, and named as absent.
"""
