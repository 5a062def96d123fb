"""Row -> TypedDict; leaves that never call each other; routes compose include[]."""
