_base_ = '../plain/i3d-r18-w8_darkroom-quick.py'

model = dict(cls_head=dict(label_smooth_eps=0.3))

# The rate that did best on other DarkRooms.
learning_rate = 2e-3
optim_wrapper = dict(optimizer=dict(lr=learning_rate))
param_scheduler = [dict(_base_.param_scheduler[0], eta_max=learning_rate)]
