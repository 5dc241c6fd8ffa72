def tables(part): return ""
def pictures(part, folder): pass
def headlines(part): return {}
