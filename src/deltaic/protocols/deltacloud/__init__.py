"""The Deltacloud API 1.1.3 as bytes: documents in, XML or JSON out; parameters in, typed values out.

Element and attribute names, rels, link methods and types are those of the original server's answers. What differs on
purpose: text is escaped, JSON has every member of the XML beside its own old ones, errors carry no backtrace.
"""

from __future__ import annotations
