"""Order of the steps that build Eksempelbygda."""
from askergeo.example.terrain import *
from askergeo.example.water import *
from askergeo.example.centres import *
from askergeo.example.roads import *
from askergeo.example.streets import *
from askergeo.example.sites import *
from askergeo.example.public import *
from askergeo.example.buildings import *
STEPS=(make_terrain,make_boundary,make_water,make_centres,make_main_roads,make_railway,make_settlements,make_farmland,make_sites,make_streets,make_private_roads,make_barriers,make_public,make_buildings)
from askergeo.example.network import *
STEPS=STEPS+(make_local_roads,make_network)
from askergeo.example.residents import *
from askergeo.example.services import *
from askergeo.example.cover import *
STEPS=STEPS+(make_residents,make_services,make_stops,make_districts,make_cover,make_soil)
