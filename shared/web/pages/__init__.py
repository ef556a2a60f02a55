"""What every page of every service stands on: one look, four languages, one way to read a form and to refuse one.

A service's pages are routes (``Page``) that read and write exactly as its API does, and hand what they found to a
template. A page is its own fragment: live regions fetch the page again and take themselves out of it.
"""
