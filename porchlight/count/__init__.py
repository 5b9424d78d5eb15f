"""The annual report: from agencies' overlapping lists to counts that can be published. No Django here.

Each step is a folder or module with one public function of its name, and returns something that can be looked at:

    settings.read(report.toml)   -> Settings    which lists, under which agreement, counted how
    workspace.opened(folder)     -> Workspace   the private folder, the only place where rows are held
    load.load(...)               -> Loaded      records.parquet (fields.py), and a quality page for each list
    link.link(...)               -> Linked      which records are one child, at three thresholds
    tabulate.tabulate(...)       -> Tabulated   tables of counts, each in one unit (cells.py)
    protect.protect(...)         -> Audited     the same tables with small counts hidden, attacked in vain
    publish.publish(...)         -> the report  takes nothing but an Audited
    steps.run(...)               -> Run         all of these, resumed where they were left

Needs the extra `porchlight[count]`; importing this package alone does not.
"""
