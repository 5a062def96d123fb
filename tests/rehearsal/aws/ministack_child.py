"""MiniStack's process: MiniStack with one check taken out.

Whether a role trusts a web identity is decided in ``identity.py`` before MiniStack is asked; its own check, made when it enforces
policies, knows three of the claims only and refuses what AWS would grant.
"""

import importlib

CHECK = "_web_identity_trust_denied"


def main() -> None:
    """Run MiniStack; fails at once if this version has no such check."""
    app, sts = importlib.import_module("ministack.app"), importlib.import_module("ministack.services.sts")
    if not callable(getattr(sts, CHECK)):
        raise TypeError(CHECK)
    setattr(sts, CHECK, lambda *_: None)
    app.main()


if __name__ == "__main__":
    main()
