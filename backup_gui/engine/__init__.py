"""Compares, copies safely, guards and keeps history. Imports nothing of Qt."""
