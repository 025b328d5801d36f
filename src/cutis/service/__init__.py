"""The service: the assessment over HTTP, with sign-in, roles, consent, jobs and an audit trail.

Needs the extra ``serve``. `app.py` puts it together, `policy.py` says who may do what.
"""
