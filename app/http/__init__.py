"""The grammar that every endpoint shares: authentication, parameters, references, pages, errors, JSON; knows no resource."""
