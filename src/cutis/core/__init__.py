"""The words of Cutis: frozen data, enums, array types, ports, errors; numpy and jaxtyping only."""
