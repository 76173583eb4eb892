"""What the catalogue calls things."""

from app.domain.catalogue import in_wizard_order, reservation_type_name, software_product_code


def test_a_reservation_type_has_the_name_that_people_know():
    assert reservation_type_name("BlockBlob") == "Storage Reserved Capacity"


def test_a_type_that_nobody_knows_keeps_azures_word():
    assert reservation_type_name("QuantumHours") == "QuantumHours"


def test_unknown_types_come_after_the_known_ones():
    names = in_wizard_order(["QuantumHours", "SQL Database", "Virtual Machine", "Abacus"])

    assert names == ["Virtual Machine", "SQL Database", "Abacus", "QuantumHours"]


def test_the_code_of_a_plan_follows_from_microsofts_id():
    assert software_product_code("DG7GMGF0D5VX") == "software-dg7gmgf0d5vx"
