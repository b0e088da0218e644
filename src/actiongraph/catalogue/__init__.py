"""The dataset described for harvesters: DCAT, VoID, statistics, service description, schema.org.

Facts come from live counts and from settings; what nobody has told is absent and named.
"""
