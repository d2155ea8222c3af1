"""Certificates of disposal (廃棄証明書, 消滅証明書, データ破棄証明書) and the report to management (経営報告書)."""
