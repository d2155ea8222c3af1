"""The page for the person whose number is asked for: on a phone, behind a link and something they know.

One HTML page, a style sheet and a few ES modules, all of them files of this package: no build, no third party. The page
speaks JSON with endpoints of its own below `/my/api/`; what they may do is decided in `custody.selfservice`.
"""
