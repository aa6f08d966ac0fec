"""A ledger of claims: what five documents on ImageNet state, and what comes out when it is checked.

Each document has a module; its ``claims()`` lists them. A claim names the function that checks it, and that function
returns what it found and a verdict, from committed data alone: only the claims themselves are typed.
"""

from workbench.claims.registry import VERDICTS, Claim, Finding, check, ledger, verdicts
